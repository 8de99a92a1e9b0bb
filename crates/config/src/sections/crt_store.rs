//! `crt-store` sections (configuration manual, chapter 12.7): certificates under names, with their files told one by one.
//!
//! They are loaded where they stand, so that lines below can use them as `@STORE/NAME`.

use diag::{Diagnostic, codes};
use rules::Words;
use sample::Problem;
use sample::compile::{Names, problem, problem_of};
use syntax::{Line, Word};
use tls::load::{StoreBases, StoreOptions};

use super::bind::LATER;
use super::other::unknown;
use super::value;
use crate::context::Context;
use crate::load::Section;
use crate::model::Global;
use crate::tls_files::base;

/// The keywords of the section.
const KEYWORDS: &[&str] = &["crt-base", "key-base", "load"];

/// What a section's lines said so far.
#[derive(Default)]
struct Store<'l> {
    name: &'l str,
    crt_base: Option<&'l Word>,
    key_base: Option<&'l Word>,
    is_loaded: bool,
}

/// Parses a section; what is wrong with it is reported.
pub(crate) fn parse(section: &Section, global: &Global, cx: &mut Context<'_>) {
    let name = section.header.words.get(1).and_then(Word::as_str).unwrap_or_default();
    let mut store = Store { name, ..Store::default() };
    for line in &section.lines {
        let parsed = match line.words[0].as_str().unwrap_or_default() {
            "crt-base" => directory(line, store.is_loaded).map(|word| store.crt_base = Some(word)),
            "key-base" => directory(line, store.is_loaded).map(|word| store.key_base = Some(word)),
            "load" => {
                store.is_loaded = true;
                load(line, &store, global, cx)
            }
            _ => Err(unknown(&line.words[0], KEYWORDS, section.kind)),
        };
        if let Err(problem) = parsed {
            cx.report(problem);
        }
    }
}

fn directory(line: &Line, is_loaded: bool) -> Result<&Word, Problem> {
    let mut words = Words::new(line, 1);
    let word = words.need("the directory")?;
    if is_loaded {
        let text = format!("`{}` stands behind `load`, on which it has no effect", line.words[0].lossy());
        return Err(problem_of(codes::DUPLICATE, line.words[0].span, text));
    }
    words.done().map(|()| word)
}

/// What a `load` line says.
struct Said<'l> {
    options: StoreOptions,
    /// The value of `crt`.
    certificate: &'l Word,
    /// The word that wants the certificate made, if there is one.
    made_by: Option<&'l Word>,
}

fn said(line: &Line) -> Result<Said<'_>, Problem> {
    let mut words = Words::new(line, 1);
    let mut options = StoreOptions::default();
    let mut certificate = None;
    let mut made_by = None;
    while let Some(word) = words.next() {
        let name = word.as_str().unwrap_or_default();
        if LATER.contains(&name) {
            words.need("a value")?;
            made_by = made_by.or(matches!(name, "acme" | "generate-dummy").then_some(word));
            continue;
        }
        if !StoreOptions::KEYWORDS.contains(&name) {
            return Err(value::unexpected(word, &[&StoreOptions::KEYWORDS[..], LATER].concat()));
        }
        let value = words.need("a value")?;
        options.set(name, value.as_str().unwrap_or_default()).map_err(|error| problem(value.span, error))?;
        if name == "crt" {
            certificate = Some(value);
        }
    }
    let certificate = certificate.ok_or_else(|| {
        let text = "`crt` and the certificate's file are missing";
        problem_of(codes::MISSING_ARGUMENT, line.words[0].span, text)
    })?;
    Ok(Said { options, certificate, made_by })
}

/// `load crt FILE [key FILE] [alias NAME] ...`.
fn load(line: &Line, store: &Store<'_>, global: &Global, cx: &mut Context<'_>) -> Result<(), Problem> {
    let Said { options, certificate, made_by } = said(line)?;
    let text = |said: Option<&Word>, general: Option<&[u8]>| {
        base(said.map(|word| word.text.as_slice()).or(general)).map(str::to_owned)
    };
    let crt_global = global.crt_base.as_deref();
    let (crt, key) = (text(store.crt_base, crt_global), text(store.key_base, global.key_base.as_deref()));
    if let Some(word) = made_by {
        let path = value::under(crt.as_deref().map(str::as_bytes), &certificate.text);
        if cx.names.file(&path).is_err() {
            let text = "certificates are not made or renewed yet: there is none before its file is";
            cx.diags.push(Diagnostic::advice(text).at(word.span).code(codes::NO_EFFECT));
            return Ok(());
        }
    }
    let bases = StoreBases { crt: crt.as_deref(), key: key.as_deref(), crt_global: base(crt_global) };
    let files = cx.names.tls_files();
    files.load(global.tls.load, certificate.span, cx.diags, |loader| {
        loader.crt_store_add(store.name, &options, &bases).map(drop)
    })
}

#[cfg(test)]
mod tests {
    use crate::sections::testing::{errors, good, warnings};

    fn frontend(bind: &str) -> String {
        format!("frontend f\n  mode http\n  timeout client 1s\n  bind :443 ssl {bind}\n")
    }

    #[test]
    fn certificates_are_used_by_their_names() {
        let text = "crt-store web\n  crt-base certs\n  key-base certs\n  load crt plain.crt key plain.key alias a\n  load crt plain.crt key plain.key\n";
        let config = good(&format!("{text}{}", frontend("crt @web/a crt @web/plain.crt")));
        let tls = config.proxies[0].binds[0].tls.as_ref().unwrap();
        assert_eq!(tls.entries.len(), 2);
        assert_eq!(tls.entries[0].pair.chain, tls.entries[1].pair.chain);
        assert!(errors(&format!("{text}{}", frontend("crt @web/b")))[0].contains("@web/b"));
    }

    #[test]
    fn a_store_without_a_name_names_files() {
        let text = "crt-store\n  load crt certs/plain.crt key certs/plain.key\n";
        good(&format!("{text}{}", frontend("crt certs/plain.crt")));
        let late =
            errors(&format!("{}{text}", frontend("crt site.pem")).replace("certs/plain.crt", "site.pem"));
        assert!(late[0].contains("already defined"), "{late:?}");
    }

    #[test]
    fn mistakes_are_placed() {
        assert!(errors("crt-store\n  load crt nowhere.pem\n")[0].starts_with("2:12 there is no certificate"));
        assert!(
            errors("crt-store\n  load key k\n")[0].contains("`crt` and the certificate's file are missing")
        );
        assert!(errors("crt-store\n  load crt site.pem aliass a\n")[0].ends_with("-> alias"));
        assert!(errors("crt-store\n  lod crt site.pem\n")[0].ends_with("-> load"));
        assert!(errors("crt-store\n  load crt site.pem ocsp-update maybe\n")[0].contains("maybe"));
        assert!(errors("crt-store\n  load crt site.pem\n  crt-base /x\n")[0].contains("no effect"));
        assert_eq!(warnings("crt-store\n  load crt nowhere.pem acme le domains x\n").len(), 1);
    }
}
