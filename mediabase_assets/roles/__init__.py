"""Roles with the least privileges that their work needs: as SQL, applied, compared with what is, kept up by releases."""
