"""The front door: an HTTP request → normalised events, good ones and bad ones."""
