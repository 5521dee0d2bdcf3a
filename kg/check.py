"""kg check"""
def check(project):
    return []
