"""What servers say that names stand for: tags and branches of repositories, tags of images. Asked with the user's consent only."""
