"""Amazon Athena: tables over converted events and over a trail as it is delivered."""
