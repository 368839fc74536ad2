"""The promises services make to one another: typed, versioned events and the names they travel under."""
