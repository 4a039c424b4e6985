"""What is seen, in a process of its own: features and a walk become styles, the generator makes frames of them, the desk shows them."""
