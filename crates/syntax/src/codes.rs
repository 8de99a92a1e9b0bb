//! The numbers of this crate's diagnostics: E0001 to E0049. Numbered once, never reused.

use diag::Code;

/// A quote is never closed.
pub const UNCLOSED_QUOTE: Code = Code("E0001");
/// The brace of `${` is never closed.
pub const UNCLOSED_BRACE: Code = Code("E0002");
/// What follows `$` cannot be a variable's name.
pub const VARIABLE_NAME: Code = Code("E0003");
/// `\x` without two hexadecimal digits.
pub const HEXADECIMAL: Code = Code("E0004");
/// `[` in a variable that is not `[*]`.
pub const EXPANSION: Code = Code("E0005");
/// Variables make a line too long.
pub const LINE_TOO_LONG: Code = Code("E0006");
/// A NUL byte in the file.
pub const NUL_BYTE: Code = Code("E0007");
/// A word is empty.
pub const EMPTY_WORD: Code = Code("E0008");
/// A backslash ends a line.
pub const LAST_BACKSLASH: Code = Code("E0009");
/// A carriage return stands within a line.
pub const CARRIAGE_RETURN: Code = Code("E0010");
/// `\x00` cuts a word.
pub const NUL_ESCAPE: Code = Code("E0011");
/// A variable that is not set.
pub const UNSET_VARIABLE: Code = Code("E0012");
/// A line whose first word is empty.
pub const LINE_SKIPPED: Code = Code("E0013");
/// A condition that cannot be understood.
pub const CONDITION: Code = Code("E0020");
/// `.elif`, `.else` or `.endif` without `.if`, or after `.else`.
pub const BLOCK_ORDER: Code = Code("E0021");
/// `.if` without `.endif`.
pub const BLOCK_OPEN: Code = Code("E0022");
/// A directive with more words than it takes.
pub const DIRECTIVE_WORDS: Code = Code("E0023");
/// A directive that does not exist.
pub const DIRECTIVE_UNKNOWN: Code = Code("E0024");
/// The text of `.alert`, `.warning`, `.notice` or `.diag`.
pub const DIRECTIVE_MESSAGE: Code = Code("E0025");
