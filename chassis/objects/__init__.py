"""Objects: recordings, speech, archived texts and exports, kept where the operator says."""
