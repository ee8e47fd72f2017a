"""How is SmartZone spoken, and how do keys come to work there?"""
