"""What is read: executed notebooks and the front page as HTML, generated tables in documents."""
