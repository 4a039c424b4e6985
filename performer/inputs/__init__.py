"""What arrives: each edge stamps the time, makes an event of what it got and hands it over. Nothing is decided here."""
