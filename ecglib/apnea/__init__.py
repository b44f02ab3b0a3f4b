"""Sleep apnea from one ECG lead: does a published claim hold (John et al., arXiv:2105.00528)?"""
