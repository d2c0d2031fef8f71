"""Collections and fields: what tables exist, and how they change at run time."""
