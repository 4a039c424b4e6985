"""What an input and an output share that have a MIDI port of their own."""

from performer.midi_port import Port


class PortOwner:
    """Who plays to or hears one `port` of his own."""

    port: Port

    @property
    def name(self) -> str:
        """The name of the port."""
        return self.port.name

    def start(self) -> None:
        """Open the port. Raises PortError with the names that there are."""
        self.port.open()

    def stop(self) -> None:
        self.port.close()

    def alive(self) -> bool:
        """Whether the port is still there; see `Port.alive`."""
        return self.port.alive()
