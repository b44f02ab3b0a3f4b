"""One function per figure: a DataFrame or arrays -> a matplotlib Figure in the study's style."""
