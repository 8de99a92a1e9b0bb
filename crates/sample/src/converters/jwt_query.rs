//! `jwt_header_query`, `jwt_payload_query`: what a JSON Web Token says (RFC 7519), without verifying it.

use keyword::{Doc, Example};
use state::value::{Type, Value};

use super::codec;
use super::json_query::Query;
use crate::args::{Args, Kind, Param};
use crate::compile::{Compile, Problem};
use crate::rows::Convert;
use crate::txn::Txn;

pub(super) static HEADER: Convert = Convert {
    name: "jwt_header_query",
    aliases: &[],
    params: &[Param::optional("path", Kind::Str), Param::optional("type", Kind::Str)],
    input: Type::Bin,
    out: Type::Any,
    check: Some(check),
    run: header,
    doc: Doc {
        brief: "value in the header of a JSON Web Token, or the whole header",
        long: "The arguments are those of `json_query`; without a path the decoded text is the value. \
               Nothing is verified.",
        examples: &[
            Example {
                text: "jwt_header_query('$.alg')",
                input: "eyJhbGciOiJIUzI1NiIsIm4iOjV9.eyJzdWIiOiJqb2UiLCJhZG1pbiI6dHJ1ZSwiZXhwIjoxNzAwMDAwMDAwfQ.c2ln",
                output: "HS256",
            },
            Example {
                text: "jwt_header_query('$.n',int),add(1)",
                input: "eyJhbGciOiJIUzI1NiIsIm4iOjV9.eyJzdWIiOiJqb2UiLCJhZG1pbiI6dHJ1ZSwiZXhwIjoxNzAwMDAwMDAwfQ.c2ln",
                output: "6",
            },
            Example {
                text: "jwt_header_query",
                input: "eyJhbGciOiJIUzI1NiIsIm4iOjV9.eyJzdWIiOiJqb2UiLCJhZG1pbiI6dHJ1ZSwiZXhwIjoxNzAwMDAwMDAwfQ.c2ln",
                output: "{\"alg\":\"HS256\",\"n\":5}",
            },
        ],
    },
};

pub(super) static PAYLOAD: Convert = Convert {
    name: "jwt_payload_query",
    aliases: &[],
    params: &[Param::optional("path", Kind::Str), Param::optional("type", Kind::Str)],
    input: Type::Bin,
    out: Type::Any,
    check: Some(check),
    run: payload,
    doc: Doc {
        brief: "value in the payload of a JSON Web Token, or the whole payload",
        long: "The arguments are those of `json_query`; without a path the decoded text is the value. \
               Nothing is verified.",
        examples: &[
            Example {
                text: "jwt_payload_query('$.sub')",
                input: "eyJhbGciOiJIUzI1NiIsIm4iOjV9.eyJzdWIiOiJqb2UiLCJhZG1pbiI6dHJ1ZSwiZXhwIjoxNzAwMDAwMDAwfQ.c2ln",
                output: "joe",
            },
            Example {
                text: "jwt_payload_query('$.exp',int)",
                input: "eyJhbGciOiJIUzI1NiIsIm4iOjV9.eyJzdWIiOiJqb2UiLCJhZG1pbiI6dHJ1ZSwiZXhwIjoxNzAwMDAwMDAwfQ.c2ln",
                output: "1700000000",
            },
        ],
    },
};

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    let query = match args.str(0) {
        Some(_) => Some(Query::argument(args, compile)?),
        None => None,
    };
    args.prepared = Some(Box::new(query));
    Ok(())
}

fn header<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    part(&value.to_str(), 0, args)
}

fn payload<'a>(value: Value<'a>, args: &'a Args, _: &'a Txn) -> Option<Value<'a>> {
    part(&value.to_str(), 1, args)
}

/// One of the parts between dots, decoded and searched.
fn part(token: &[u8], index: usize, args: &Args) -> Option<Value<'static>> {
    let part = token.split(|byte| *byte == b'.').nth(index)?;
    let json = codec::base64url_decode(part)?;
    match args.prepared::<Option<Query>>()? {
        Some(query) => query.run(&json),
        None => Some(Value::string(json)),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{convert, refusal};

    #[test]
    fn what_is_no_token_has_no_value() {
        assert_eq!(convert("jwt_payload_query('$.sub')", "only-one-part"), None);
        assert_eq!(convert("jwt_header_query('$.alg')", "***.***.***"), None);
        assert_eq!(convert("jwt_header_query('$.alg')", ""), None);
        assert!(refusal("jwt_header_query('$.alg',text)").is_some());
    }
}
