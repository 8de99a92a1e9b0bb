//! `http_auth`, `http_auth_group`, `http_auth_user`, `http_auth_pass`, `http_auth_type`, `http_auth_bearer`: who the
//! client says it is (RFC 7617, RFC 6750).

use ::base64::Engine;
use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::message::Head;
use state::userlist::Userlist;

use super::{REQUEST, with_head};
use crate::fetches::prelude::*;

const LIST: &[Param] = &[Param::required("userlist", Kind::Userlist)];

pub(super) static ROWS: &[&Fetch] = &[
    &Fetch {
        params: LIST,
        ..row(
            "http_auth",
            Type::Bool,
            Needs::REQUEST,
            |txn, args, _| {
                with_head(txn, REQUEST, |head| {
                    let Some((user, password)) = basic(txn, head) else { return Fetched::Absent };
                    list(txn, args).map(|list| Value::Bool(list.check(&user, &password))).into()
                })
            },
            Doc {
                brief: "whether the client sends name and password of a user of this list",
                long: "Without a value when it sends none.",
                examples: &[Example::usage("http_auth(admins)")],
            },
        )
    },
    &Fetch {
        params: LIST,
        ..row(
            "http_auth_group",
            Type::Str,
            Needs::REQUEST,
            |txn, args, _| {
                with_head(txn, REQUEST, |head| {
                    let Some((user, password)) = basic(txn, head) else { return Fetched::Absent };
                    let is_known = list(txn, args).is_some_and(|list| list.check(&user, &password));
                    if is_known { Value::string(user).into() } else { Fetched::Absent }
                })
            },
            Doc {
                brief: "name of the user of this list whose password the client sends",
                long: "An ACL compares it with the names of the groups that the user is in.",
                examples: &[Example::usage("http_auth_group(staff)")],
            },
        )
    },
    &row(
        "http_auth_user",
        Type::Str,
        Needs::REQUEST,
        |txn, _, _| {
            with_head(txn, REQUEST, |head| basic(txn, head).map(|(user, _)| Value::string(user)).into())
        },
        doc(
            "user name of basic authentication",
            &[example(
                "http_auth_user",
                "GET / HTTP/1.1\nAuthorization: Basic YWxhZGRpbjpvcGVuc2VzYW1l",
                "aladdin",
            )],
        ),
    ),
    &row(
        "http_auth_pass",
        Type::Str,
        Needs::REQUEST,
        |txn, _, _| {
            with_head(txn, REQUEST, |head| {
                basic(txn, head).map(|(_, password)| Value::string(password)).into()
            })
        },
        doc(
            "password of basic authentication",
            &[example(
                "http_auth_pass",
                "GET / HTTP/1.1\nAuthorization: basic YWxhZGRpbjpvcGVuc2VzYW1l",
                "opensesame",
            )],
        ),
    ),
    &row(
        "http_auth_type",
        Type::Str,
        Needs::REQUEST,
        |txn, _, _| with_head(txn, REQUEST, |head| scheme(txn, head)),
        doc(
            "how the client authenticates: Basic or Bearer",
            &[example("http_auth_type", "GET / HTTP/1.1\nAuthorization: bearer abc", "Bearer")],
        ),
    ),
    &Fetch {
        params: &[Param::optional("header", Kind::Str)],
        ..row(
            "http_auth_bearer",
            Type::Str,
            Needs::REQUEST,
            |txn, args, _| {
                with_head(txn, REQUEST, |head| {
                    let name = args.str(0).unwrap_or(header(txn));
                    credentials(head, name, b"bearer").map(Value::str).into()
                })
            },
            doc(
                "the token of bearer authentication, from the Authorization header or the one named",
                &[example("http_auth_bearer", "GET / HTTP/1.1\nAuthorization: Bearer abc.def", "abc.def")],
            ),
        )
    },
];

fn list<'a>(txn: &'a Txn, args: &Args) -> Option<&'a Userlist> {
    match args.list.first() {
        Some(Arg::Userlist(at)) => txn.runtime.userlists.get(*at),
        _ => None,
    }
}

/// The header that tells who the client is.
fn header(txn: &Txn) -> &'static [u8] {
    if txn.is_proxied { b"proxy-authorization" } else { b"authorization" }
}

/// What follows the scheme in the header `name`, if it is `wanted`.
fn credentials<'a>(head: &'a Head, name: &[u8], wanted: &[u8]) -> Option<&'a [u8]> {
    let value = head.fields.get(name)?;
    let blank = value.iter().position(|byte| *byte == b' ')?;
    let (scheme, rest) = value.split_at(blank);
    scheme.eq_ignore_ascii_case(wanted).then(|| rest.trim_ascii())
}

/// User name and password.
fn basic(txn: &Txn, head: &Head) -> Option<(Vec<u8>, Vec<u8>)> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const ENGINE: GeneralPurpose = GeneralPurpose::new(&::base64::alphabet::STANDARD, LENIENT);
    let mut user = ENGINE.decode(credentials(head, header(txn), b"basic")?).ok()?;
    let colon = user.iter().position(|byte| *byte == b':')?;
    let password = user.split_off(colon + 1);
    user.pop();
    Some((user, password))
}

fn scheme<'a>(txn: &Txn, head: &'a Head) -> Fetched<'a> {
    if basic(txn, head).is_some() {
        return Value::str(b"Basic").into();
    }
    credentials(head, header(txn), b"bearer").map(|_| Value::str(b"Bearer")).into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fetches::tests::{eval, exchange};
    use state::userlist::Password;

    fn ask(row: &Fetch, header: &str) -> Fetched<'static> {
        let mut txn = exchange(&format!("GET / HTTP/1.1\n{header}"));
        let mut users = Userlist::new("staff");
        users.add_user("aladdin", Password::Plain(b"opensesame".as_slice().into()), ["thieves"]);
        Arc::get_mut(&mut txn.runtime).unwrap().userlists.push(users);
        let args = Args { list: vec![Arg::Userlist(0)], prepared: None };
        match (row.run)(&txn, &args, &mut Walk::once()) {
            Fetched::Value(value) => Fetched::Value(value.into_owned()),
            Fetched::Absent => Fetched::Absent,
            Fetched::NotYet => Fetched::NotYet,
        }
    }

    #[test]
    fn right_and_wrong_passwords() {
        let [auth, group, ..] = ROWS else { panic!("two rows") };
        let right = "Authorization: Basic YWxhZGRpbjpvcGVuc2VzYW1l";
        let wrong = "Authorization: Basic YWxhZGRpbjp4";
        assert_eq!(ask(auth, right), Value::Bool(true).into());
        assert_eq!(ask(auth, wrong), Value::Bool(false).into());
        assert_eq!(ask(auth, "X: y"), Fetched::Absent);
        assert_eq!(ask(group, right), Value::str(b"aladdin").into());
        assert_eq!(ask(group, wrong), Fetched::Absent);
    }

    #[test]
    fn malformed_headers() {
        for header in ["Basic", "Basic ", "Basic !!!", "Basic YWJj", "Digest x"] {
            let txn = exchange(&format!("GET / HTTP/1.1\nAuthorization: {header}"));
            assert_eq!(eval("http_auth_user", &txn), None, "{header}");
            assert_eq!(eval("http_auth_type", &txn), None, "{header}");
        }
    }
}
