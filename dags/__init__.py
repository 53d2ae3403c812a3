"""The timetable: one short file each, wiring only."""
