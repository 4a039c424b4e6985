"""Several OSC messages in one datagram, as large as any network carries in one piece. Pure."""

SAFE_BYTES = 1400  # of a datagram that no network on the way cuts up
_HEAD = b"#bundle\0" + (1).to_bytes(8, "big")  # to be done at once


class Packer:
    """Collects messages until they fill a datagram. A message that is alone travels as it is."""

    def __init__(self, most: int = SAFE_BYTES) -> None:
        self._most = most
        self._messages: list[bytes] = []
        self._size = len(_HEAD)

    def add(self, message: bytes) -> bytes | None:
        """Take the message; the datagram that is full without it, where there is one."""
        full = self.take() if self._messages and self._size + 4 + len(message) > self._most else None
        self._messages.append(message)
        self._size += 4 + len(message)
        return full

    def take(self) -> bytes | None:
        """The datagram of what was collected; None where that is nothing."""
        messages, self._messages, self._size = self._messages, [], len(_HEAD)
        if len(messages) < 2:
            return messages[0] if messages else None
        return _HEAD + b"".join(len(message).to_bytes(4, "big") + message for message in messages)
