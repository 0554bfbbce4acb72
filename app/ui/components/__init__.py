"""What several pages draw: tabs, menus, text fields, empty states, undo."""
