"""The promises services make to one another: typed, versioned events and their names."""
