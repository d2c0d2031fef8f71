from hypothesis import settings

# A machine that is busy elsewhere makes no example wrong.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
