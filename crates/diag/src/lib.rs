//! Diagnostics: places in files, codes, and three ways to print them.
