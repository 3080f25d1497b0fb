"""How fast the staff's desk is: in a real browser, on a shop of any size, with as many live desks as wanted."""
