"""What must hold for every file: the rules of the house as checks."""
