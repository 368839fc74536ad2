"""What a run of the system leaves behind, and whether it kept its promises."""
