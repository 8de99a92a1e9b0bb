//! `h1-*`: peculiarities of old peers over HTTP/1 (chapter 3.1).

use std::sync::Arc;

use diag::{Diagnostic, Diagnostics, codes};
use http::h1::{PayloadMethods, TransferEncodingClose};
use rules::Words;
use sample::Problem;
use sample::compile::{Names, problem};

use super::rows::usage;
use crate::context::GlobalParse;
use crate::model::Http1;
use crate::names::NameTable;
use crate::row::GlobalRow;

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new(
        "h1-accept-payload-with-any-method",
        any_method,
        "GET, HEAD and DELETE of HTTP/1.0 may have a body",
    )
    .examples(usage!["h1-accept-payload-with-any-method"]),
    GlobalRow::new(
        "h1-do-not-close-on-insecure-transfer-encoding",
        keep_insecure,
        "a length beside chunks is dropped as ever, and the connection goes on",
    )
    .examples(usage!["h1-do-not-close-on-insecure-transfer-encoding"]),
    GlobalRow::new("h1-case-adjust", case_adjust, "how a header is spelt for old peers")
        .examples(usage!["h1-case-adjust content-length Content-Length"]),
    GlobalRow::new("h1-case-adjust-file", case_adjust_file, "a file of such spellings"),
];

fn any_method(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    words.done()?;
    parse.global.http1.payload_methods = PayloadMethods::Any;
    Ok(())
}

fn keep_insecure(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    words.done()?;
    parse.global.http1.transfer_encoding_close = TransferEncodingClose::Keep;
    Ok(())
}

fn case_adjust(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let from = words.need("the header's name in lower case")?;
    let to = words.need("the header's name as it shall be")?;
    words.done()?;
    if from.text.iter().any(u8::is_ascii_uppercase) {
        let text = format!("`{}` is looked for in lower case, and never found as it stands", from.lossy());
        parse.cx.warn(from.span, text);
        return Ok(());
    }
    let cases = Arc::make_mut(&mut parse.global.http1.header_cases);
    let added = cases.add(&from.text, &to.text);
    added.map_err(|error| problem(to.span, format!("`{}` and `{}`: {error}", from.lossy(), to.lossy())))
}

/// The last of these lines counts. Its file is read when all lines have been.
fn case_adjust_file(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the file")?;
    words.done()?;
    parse.global.http1.header_case_file = Some((word.span, word.text.as_slice().into()));
    Ok(())
}

/// Reads the file of `h1-case-adjust-file`.
pub(crate) fn read_cases(http1: &mut Http1, names: &NameTable, diags: &mut Diagnostics) {
    let Some((span, path)) = &http1.header_case_file else { return };
    let name = base::Lossy(path);
    match names.file(path) {
        Err(error) => {
            let text = format!("the file `{name}` cannot be read: {error}");
            diags.push(Diagnostic::error(text).at(*span).code(codes::FILE_UNREADABLE));
        }
        Ok(text) => {
            if let Err((line, error)) = Arc::make_mut(&mut http1.header_cases).add_file(&text) {
                let text = format!("`{name}`, line {line}: {error}");
                diags.push(Diagnostic::error(text).at(*span).code(codes::VALUE));
            }
        }
    }
}
