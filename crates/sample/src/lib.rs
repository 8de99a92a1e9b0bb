//! Samples: typed values, fetches, converters, expressions and log formats.
