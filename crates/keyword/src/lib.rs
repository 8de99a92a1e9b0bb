//! What a keyword row is: name, place, arguments, documentation; look-up and suggestions.
