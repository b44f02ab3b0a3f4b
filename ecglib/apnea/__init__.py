"""Sleep apnea from one ECG lead: the nights, the network, and what its scores measure."""
