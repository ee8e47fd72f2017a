"""How is RUCKUS One spoken, and how do keys come to work there?"""
