"""8 what is touched: the desk. A process of its own: serves the page and the projector, carries messages between them and the engine.

process.py       starts and ends it
server.py        the addresses: /, /projector, /ws, /parameters.json, /health and the page's files
door.py          who may come in: host, origin, token
conversation.py  one page's WebSocket: what it says is checked, what it holds is let go when it leaves
hub.py           what the engine says, to every page; pictures, of which only the newest counts
vocabulary.py    what a page may say, by the table of parameters
shelf.py         the page's files, read once
page/            the page itself: HTML, CSS and plain JavaScript modules
"""
