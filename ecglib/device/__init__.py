"""What a network costs on a microcontroller."""
