//! Configuration text to a lossless tree of lines and words; knows no keyword.
