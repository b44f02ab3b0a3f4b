"""Speed and memory of the study, each as a ratio to a reference measured in the same run."""
