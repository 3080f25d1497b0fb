"""What people and jobs may do: permission, timeline, audit and promises to the outside live here."""
