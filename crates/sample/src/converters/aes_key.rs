//! What AES in either mode takes: a key length in bits, and keys that are long enough for it.

use super::operand;
use crate::args::Args;
use crate::compile::{Compile, Problem};
use crate::txn::Txn;

/// Checks the key length in integer argument 0, and nonce and key in arguments 1 and 2.
///
/// # Errors
/// A length that AES does not have; a nonce or key that is neither base64 nor a variable.
pub(super) fn check(args: &mut Args, compile: &Compile<'_>) -> Result<(), Problem> {
    if !matches!(args.int(0), Some(128 | 192 | 256)) {
        return Err(compile.problem("AES keys have 128, 192 or 256 bits"));
    }
    operand::check_base64(args, 1, compile)?;
    operand::check_base64(args, 2, compile)
}

/// The key of argument 2, as long as argument 0 says; `None` when it is shorter.
pub(super) fn key(args: &Args, txn: &Txn) -> Option<Vec<u8>> {
    let bytes = usize::try_from(args.int(0)?).ok()? / 8;
    let key = operand::base64(args, 2, txn)?;
    key.get(..bytes).map(<[u8]>::to_vec)
}
