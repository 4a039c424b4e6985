"""What music is, apart from ports and models: files of notes."""
