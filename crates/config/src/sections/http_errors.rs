//! `http-errors` sections (configuration manual, chapter 12.4): groups of error pages that proxies take over by
//! `errorfiles`.

use std::sync::Arc;

use diag::{Diagnostic, Diagnostics, codes};
use keyword::Sections;
use rules::Words;
use rules::reply::{ErrorTable, Reply};
use sample::Problem;
use sample::compile::{Names, problem_of};

use super::other;
use crate::load::Section;
use crate::names::NameTable;

/// Parses all `http-errors` sections into `names`.
pub(crate) fn parse_all(list: &[Section], names: &mut NameTable, diags: &mut Diagnostics) {
    for section in list.iter().filter(|section| section.kind == Sections::HTTP_ERRORS) {
        let header = &section.header;
        let Some(name) = header.words.get(1) else {
            diags.push(
                Diagnostic::error("an `http-errors` section needs a name")
                    .at(header.span)
                    .code(codes::SECTION_NAME),
            );
            continue;
        };
        let mut table = ErrorTable::default();
        for line in &section.lines {
            let mut words = Words::new(line, 1);
            let parsed = match line.words[0].text.as_slice() {
                b"errorfile" => errorfile(&mut words, names),
                _ => Err(other::unknown(&line.words[0], &["errorfile"], section.kind)),
            };
            match parsed {
                Ok((status, reply)) => drop(table.messages.insert(status, reply)),
                Err(problem) => diags.push(*problem),
            }
        }
        names.add_http_errors(&name.text, table);
    }
}

/// Parses the words behind `errorfile`: a status and the file of its message.
///
/// # Errors
/// A status without a message of its own, a file that cannot be read or holds no response.
pub(crate) fn errorfile(words: &mut Words<'_>, names: &NameTable) -> Result<(u16, Arc<Reply>), Problem> {
    let status = super::proxy::status(words.need("the status")?)?;
    let path = words.need("the file")?;
    words.done()?;
    let bytes = names.file(&path.text).map_err(|error| {
        problem_of(
            codes::FILE_UNREADABLE,
            path.span,
            format!("the file `{}` cannot be read: {error}", path.lossy()),
        )
    })?;
    let message = rules::reply::file::parse(&bytes).map_err(|error| {
        problem_of(codes::FILE_MALFORMED, path.span, format!("`{}` {error}", path.lossy()))
    })?;
    Ok((status, Arc::new(Reply::Stored(Arc::new(message)))))
}

#[cfg(test)]
mod tests {
    use crate::sections::testing::{errors, good};

    #[test]
    fn proxies_take_the_messages_over() {
        let text = "http-errors e\n  errorfile 503 sorry.http\n  errorfile 408 empty.http\n\
                    frontend f\n  mode http\n  timeout client 1s\n  bind :80\n  errorfiles e 503\n";
        let errors = &good(text).proxies[0].errors;
        assert_eq!(errors.get(503).unwrap().status(), 503);
        assert!(errors.get(408).is_none());
    }

    #[test]
    fn mistakes() {
        assert_eq!(errors("http-errors e\n  errorfile 999 sorry.http\n").len(), 1);
        assert!(errors("http-errors e\n  errorfile 503 nowhere\n")[0].contains("cannot be read"));
        assert!(errors("http-errors e\n  errorfile 503 a.pem2\n")[0].contains("a.pem2"));
        assert!(errors("http-errors e\n  errorfile 503 list.txt\n")[0].contains("no HTTP response"));
        assert!(errors("http-errors e\n  errorfil 503 x\n")[0].ends_with("-> errorfile"));
    }
}
