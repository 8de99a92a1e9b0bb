//! mod_ssl.

use super::{Here, Row, first, row, switch};
use crate::apache::model::{Switch, Tls};
use crate::apache::reader::{Directive, Source};

pub(super) const ROWS: &[Row] = &[
    row("sslengine", |here, it| {
        let on = if first(it)?.eq_ignore_ascii_case("optional") { Switch::On } else { switch(it)? };
        tls(here)?.engine = Some((on, it.source.clone()));
        Ok(())
    }),
    row("sslcertificatefile", |here, it| {
        let path = file(here, it)?;
        tls(here)?.certificates.push(path);
        Ok(())
    }),
    row("sslcertificatekeyfile", |here, it| {
        let path = file(here, it)?;
        tls(here)?.keys.push(path);
        Ok(())
    }),
    row("sslcertificatechainfile", |here, it| set(file(here, it), here, |tls| &mut tls.chain)),
    row("sslcacertificatefile", |here, it| set(file(here, it), here, |tls| &mut tls.authorities)),
    row("sslcacertificatepath", |here, it| set(file(here, it), here, |tls| &mut tls.authorities)),
    row("sslcarevocationfile", |here, it| set(file(here, it), here, |tls| &mut tls.revocations)),
    row("sslcarevocationcheck", |here, it| set(word(it), here, |tls| &mut tls.revocation_check)),
    row("sslverifyclient", |here, it| {
        let word = word(it)?;
        if here.location.is_some() {
            return Err(
                "a certificate is asked for when the connection is made, not for a location".to_owned()
            );
        }
        tls(here)?.verify = Some(word);
        Ok(())
    }),
    row("sslverifydepth", |_, _| Err("the length of certificates' chains is not limited".to_owned())),
    row("sslprotocol", |here, it| {
        tls(here)?.protocols = Some((it.words.clone(), it.source.clone()));
        Ok(())
    }),
    row("sslciphersuite", |here, it| {
        let last = it.words.last().cloned().ok_or("an argument is missing")?;
        let slot = (last, it.source.clone());
        match it.words.len() {
            1 => tls(here)?.ciphers = Some(slot),
            _ if it.words[0].eq_ignore_ascii_case("TLSv1.3") => tls(here)?.ciphersuites = Some(slot),
            _ => tls(here)?.ciphers = Some(slot),
        }
        Ok(())
    }),
    row("sslhonorcipherorder", |here, it| set(flag(it), here, |tls| &mut tls.honor_order)),
    row("sslsessiontickets", |here, it| set(flag(it), here, |tls| &mut tls.tickets)),
    row("sslrequiressl", |here, it| {
        here.scope().tls_only = Some(it.source.clone());
        Ok(())
    }),
    row("sslusestapling", |_, it| match switch(it)? {
        Switch::Off => Ok(()),
        Switch::On => Err("OCSP answers are not fetched; one in CERTIFICATE.ocsp is served".to_owned()),
    }),
    row("sslstrictsnivhostcheck", |_, it| match switch(it)? {
        Switch::Off => Ok(()),
        Switch::On => Err("clients without SNI are served".to_owned()),
    }),
    row("sslproxyengine", |here, it| set(flag(it), here, |tls| &mut tls.proxy.engine)),
    row("sslproxyverify", |here, it| set(word(it), here, |tls| &mut tls.proxy.verify)),
    row("sslproxycacertificatefile", |here, it| set(file(here, it), here, |tls| &mut tls.proxy.authorities)),
    row("sslproxycacertificatepath", |here, it| set(file(here, it), here, |tls| &mut tls.proxy.authorities)),
    row("sslproxycarevocationfile", |here, it| set(file(here, it), here, |tls| &mut tls.proxy.revocations)),
    row("sslproxymachinecertificatefile", |here, it| {
        set(file(here, it), here, |tls| &mut tls.proxy.certificate)
    }),
    row("sslproxyprotocol", |here, it| {
        tls(here)?.proxy.protocols = Some((it.words.clone(), it.source.clone()));
        Ok(())
    }),
    row("sslproxyciphersuite", |here, it| {
        let last = it.words.last().cloned().ok_or("an argument is missing")?;
        tls(here)?.proxy.ciphers = Some((last, it.source.clone()));
        Ok(())
    }),
    row("sslproxycheckpeername", check_name),
    row("sslproxycheckpeercn", check_name),
    row("sslproxycheckpeerexpire", |here, it| set(flag(it), here, |tls| &mut tls.proxy.check_expire)),
];

fn check_name(here: &mut Here<'_>, it: &Directive) -> Result<(), String> {
    let on = switch(it)?;
    tls(here)?.proxy.check_name = Some((on, it.source.clone()));
    Ok(())
}

fn tls<'h>(here: &'h mut Here<'_>) -> Result<&'h mut Tls, String> {
    if here.location.is_some() {
        return Err("is carried over for whole virtual hosts only".to_owned());
    }
    Ok(&mut here.server().tls)
}

/// Keeps what was read of a directive, the last one of its kind.
fn set<T>(
    read: Result<T, String>,
    here: &mut Here<'_>,
    slot: fn(&mut Tls) -> &mut Option<T>,
) -> Result<(), String> {
    let read = read?;
    *slot(tls(here)?) = Some(read);
    Ok(())
}

fn flag(it: &Directive) -> Result<(Switch, Source), String> {
    Ok((switch(it)?, it.source.clone()))
}

fn file(here: &Here<'_>, it: &Directive) -> Result<(String, Source), String> {
    Ok((here.path(&first(it)?), it.source.clone()))
}

fn word(it: &Directive) -> Result<(String, Source), String> {
    Ok((first(it)?.to_lowercase(), it.source.clone()))
}
