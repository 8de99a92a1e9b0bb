//! Converters that are known and not carried out yet: each is a row, so that its name and its arguments are checked, and
//! every use of it is an error that says so.

use keyword::Doc;
use state::value::Type;

use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;

const fn decrypt(name: &'static str, brief: &'static str) -> Convert {
    Convert {
        name,
        aliases: &[],
        params: const { &[Param::required("key", Kind::Str)] },
        input: Type::Bin,
        out: Type::Bin,
        check: Some(refuse),
        run: |_, _, _| None,
        doc: Doc::brief(brief),
    }
}

fn refuse(_: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    Err(compile.not_built("this converter"))
}

pub(super) static JWT_DECRYPT_CERT: Convert =
    decrypt("jwt_decrypt_cert", "the plain text of a token that is encrypted for a certificate");
pub(super) static JWT_DECRYPT_JWK: Convert =
    decrypt("jwt_decrypt_jwk", "the plain text of a token that is encrypted for a JSON Web Key");
pub(super) static JWT_DECRYPT_SECRET: Convert =
    decrypt("jwt_decrypt_secret", "the plain text of a token that is encrypted with a secret");

/// Whether `row` is one of those.
pub(super) fn has(row: &Convert) -> bool {
    [&JWT_DECRYPT_CERT, &JWT_DECRYPT_JWK, &JWT_DECRYPT_SECRET].iter().any(|known| known.name == row.name)
}

#[cfg(test)]
mod tests {
    use crate::testing::refusal;

    #[test]
    fn each_is_refused_and_says_why() {
        let why = refusal("jwt_decrypt_secret(x)").unwrap();
        assert!(why.contains("not built yet"), "{why}");
    }
}
