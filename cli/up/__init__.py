"""`mededbot up`: the whole system on one machine."""
