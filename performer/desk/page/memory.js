// What the page remembers from one visit to the next, where the browser lets it.

export function recall(name, otherwise) {
  try {
    return { ...otherwise, ...JSON.parse(localStorage.getItem(name)) };
  } catch {
    return otherwise;
  }
}

export function remember(name, values) {
  try {
    localStorage.setItem(name, JSON.stringify(values));
  } catch {
    // a private window: it is forgotten
  }
}
