//! Names in certificates: `ssl_c_s_dn`, `ssl_c_i_dn`, `ssl_c_r_dn`, `ssl_f_s_dn`, `ssl_f_i_dn`, `ssl_s_s_dn`,
//! `ssl_s_i_dn`.

use ::tls::x509::{Cert, Name};

use super::certificate::{of_client, of_frontend, of_server};
use super::{client, done, fc};
use crate::fetches::prelude::*;

const PARAMS: &[Param] = &[
    Param::optional("entry", Kind::Str),
    Param::optional("occurrence", Kind::Int),
    Param::optional("format", Kind::Str),
];

const LONG: &str = "Without arguments the whole name in OpenSSL's form of one line, `/C=FR/O=Acme/CN=client1`. With the \
                    name of an entry, `CN` or `OU` in any case or a dotted number, that entry; the second argument \
                    chooses among several, 1 for the first, -1 for the last. With `rfc2253` as third argument, and \
                    nothing and 0 before it, the whole name as LDAP writes it: `CN=client1,O=Acme,C=FR`.";

const EXAMPLES: &[Example] = &[
    example("ssl_c_s_dn", "", ""),
    example("ssl_c_s_dn(cn)", "", ""),
    example("ssl_c_s_dn(OU,2)", "", ""),
    example("ssl_c_s_dn(,0,rfc2253)", "", ""),
];

const fn of(name: &'static str, run: FetchFn, brief: &'static str) -> Fetch {
    Fetch {
        params: PARAMS,
        check: Some(check),
        doc: Doc { brief, long: LONG, examples: EXAMPLES },
        ..fc(name, Type::Str, run, "")
    }
}

pub(super) static ROWS: &[&Fetch] = &[
    &of(
        "ssl_c_i_dn",
        |txn, args, _| dn(of_client(txn), Cert::issuer, args),
        "the name of the issuer of the client's certificate",
    ),
    &of(
        "ssl_c_r_dn",
        |txn, args, _| dn(root(txn), Cert::subject, args),
        "the name of the authority at the end of the client's chain",
    ),
    &of(
        "ssl_c_s_dn",
        |txn, args, _| dn(of_client(txn), Cert::subject, args),
        "the name in the client's certificate",
    ),
    &of(
        "ssl_f_i_dn",
        |txn, args, _| dn(of_frontend(txn), Cert::issuer, args),
        "the name of the issuer of the certificate that the client was shown",
    ),
    &of(
        "ssl_f_s_dn",
        |txn, args, _| dn(of_frontend(txn), Cert::subject, args),
        "the name in the certificate that the client was shown",
    ),
    &of(
        "ssl_s_i_dn",
        |txn, args, _| dn(of_server(txn), Cert::issuer, args),
        "the name of the issuer of the server's certificate",
    ),
    &of(
        "ssl_s_s_dn",
        |txn, args, _| dn(of_server(txn), Cert::subject, args),
        "the name in the server's certificate",
    ),
];

fn check(args: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    match args.str(2) {
        None | Some(b"" | b"rfc2253") => Ok(()),
        Some(other) => {
            let other = base::Lossy(other);
            Err(compile.problem(format!("`{other}` is no format of a name: rfc2253 or nothing")))
        }
    }
}

/// The end of the chain that was built to check the client's certificate.
fn root(txn: &Txn) -> Option<&[u8]> {
    done(client(txn))?.verification.root.as_deref()
}

fn dn<'a>(der: Option<&'a [u8]>, which: fn(&Cert<'a>) -> Name<'a>, args: &Args) -> Fetched<'a> {
    let name = der.and_then(Cert::parse).map(|cert| which(&cert));
    name.and_then(|name| shown(&name, args)).into()
}

fn shown<'a>(name: &Name<'a>, args: &Args) -> Option<Value<'a>> {
    let given = |index| args.str(index).filter(|text| !text.is_empty());
    if let Some(entry) = given(0) {
        let occurrence = i32::try_from(args.int(1).unwrap_or(1)).ok()?;
        return name.entry(entry, occurrence).map(Value::str);
    }
    let whole = if given(2).is_some() { name.rfc2253().map(String::into_bytes) } else { name.oneline() };
    whole.filter(|text| !text.is_empty()).map(Value::string)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ::tls::facts::Facts;
    use ::tls::verify::Verification;
    use rcgen::DnType;

    use super::super::testing::{ask, ask_server, client, made, own, plain, server};
    use crate::testing::try_expr;

    const SUBJECT: &[(DnType, &str)] = &[
        (DnType::CountryName, "FR"),
        (DnType::StateOrProvinceName, "Ile de France"),
        (DnType::OrganizationName, "Acme, Inc"),
        (DnType::OrganizationalUnitName, "one"),
        (DnType::CommonName, "client1"),
    ];

    #[test]
    fn the_client_s_names() {
        let (certificate, _) = made(SUBJECT, |_| {});
        let chain = vec![certificate.der().clone()];
        let verification = Verification { root: chain.first().cloned(), ..Verification::default() };
        let txn = client(Facts { peer_chain: chain, verification, ..Facts::default() });
        let whole = "/C=FR/ST=Ile de France/O=Acme, Inc/OU=one/CN=client1";
        for (text, wanted) in [
            ("ssl_c_s_dn", Some(whole)),
            ("ssl_c_i_dn", Some(whole)),
            ("ssl_c_r_dn", Some(whole)),
            ("ssl_c_s_dn(cn)", Some("client1")),
            ("ssl_c_s_dn(ST)", Some("Ile de France")),
            ("ssl_c_s_dn(OU,2)", None),
            ("ssl_c_s_dn(OU,-1)", Some("one")),
            ("ssl_c_s_dn(L)", None),
            ("ssl_c_s_dn(,0,rfc2253)", Some(r"CN=client1,OU=one,O=Acme\, Inc,ST=Ile de France,C=FR")),
        ] {
            assert_eq!(ask(text, &txn).as_deref(), wanted, "{text}");
            assert_eq!(ask(text, &plain()), None, "{text}");
        }
    }

    #[test]
    fn names_of_both_servers() {
        let txn = client(Facts { own: Some(own("a.pem", SUBJECT)), ..Facts::default() });
        assert_eq!(ask("ssl_f_s_dn(CN)", &txn).as_deref(), Some("client1"));
        assert_eq!(ask("ssl_f_i_dn(C)", &txn).as_deref(), Some("FR"));
        assert_eq!(ask("ssl_c_s_dn", &txn), None);
        let (certificate, _) = made(SUBJECT, |_| {});
        let mut txn = server(Facts { peer_chain: vec![certificate.der().clone()], ..Facts::default() });
        assert_eq!(ask_server("ssl_s_s_dn(CN)", &txn).as_deref(), Some("client1"));
        assert_eq!(ask("ssl_s_i_dn(OU)", &txn).as_deref(), Some("one"));
        txn.server_tls = Some(Arc::new(Facts { peer_chain: vec![vec![0x30, 1].into()], ..Facts::default() }));
        assert_eq!(ask("ssl_s_i_dn(OU)", &txn), None);
    }

    #[test]
    fn only_one_format_is_known() {
        assert!(try_expr("ssl_c_s_dn(,0,rfc2253)").is_ok());
        assert!(try_expr("ssl_c_s_dn(CN,1,)").is_ok());
        assert!(try_expr("ssl_c_s_dn(,0,rfc4514)").unwrap_err().contains("rfc4514"));
    }
}
