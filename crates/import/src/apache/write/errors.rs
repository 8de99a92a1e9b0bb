//! ErrorDocument, and answers that are errors.

use super::frontend::{At, Frontend};
use super::hosts::{Entry, Host};
use crate::apache::condition::Condition;
use crate::apache::model::ErrorDocument;
use crate::apache::pattern::{literal, word};
use crate::apache::reader::Source;

/// What is answered with an error's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Document {
    Text(String),
    File(String, &'static str),
    Redirect(String),
}

/// The statuses whose answers can be replaced.
const STATUSES: &[u16] =
    &[400, 401, 403, 404, 405, 407, 408, 410, 413, 414, 425, 429, 431, 500, 501, 502, 503, 504];

/// Writes the error documents that the frontend's own errors have: those of the first host.
pub(super) fn write(front: &mut Frontend<'_, '_>, entry: &Entry) {
    for (at, host) in entry.hosts().enumerate() {
        for told in &host.server.scope.error_documents {
            let Some(document) = document(front, host, told) else { continue };
            if at > 0 {
                if told.status >= 500 && front.documents.get(&told.status) != Some(&document) {
                    let text = "errors of the proxy itself have the document of the first virtual host of this address";
                    front.shared.problem(&told.source, text);
                }
                continue;
            }
            if !STATUSES.contains(&told.status) {
                let text = format!("the answer to {} comes from the server and is not replaced", told.status);
                front.shared.problem(&told.source, text);
                continue;
            }
            let status = told.status;
            let line = match &document {
                Document::Text(text) => {
                    format!("http-error status {status} content-type text/html string {}", word(text))
                }
                Document::File(path, kind) => {
                    format!("http-error status {status} content-type {kind} file {}", word(path))
                }
                Document::Redirect(url) => format!("errorloc302 {status} {}", word(url)),
            };
            front.head.add(&told.source, line);
            front.documents.insert(status, document);
        }
        for location in &host.server.locations {
            for told in &location.scope.error_documents {
                front.shared.problem(&told.source, "ErrorDocument in a <Location> is not carried over");
            }
        }
    }
}

/// What `ErrorDocument` means; `None` for `default`, and where it is told as a problem.
fn document(front: &mut Frontend<'_, '_>, host: &Host, told: &ErrorDocument) -> Option<Document> {
    let text = &told.text;
    if text.eq_ignore_ascii_case("default") {
        return None;
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        return Some(Document::Redirect(text.clone()));
    }
    if !text.starts_with('/') {
        return Some(Document::Text(text.trim_start_matches('"').to_owned()));
    }
    let root = host.server.document_root.as_ref().map(|(root, _)| root.trim_end_matches('/'));
    let path = format!("{}{text}", root.unwrap_or_default());
    if root.is_some() && front.shared.tree.read(&path).is_ok() {
        return Some(Document::File(path, content_type(text)));
    }
    let text =
        format!("ErrorDocument {}: there is no file '{path}': the built-in answer is sent", told.status);
    front.shared.problem(&told.source, text);
    None
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("txt") => "text/plain",
        Some("json") => "application/json",
        _ => "text/html",
    }
}

/// Writes an answer with an error's status under a condition.
pub(super) fn deny(
    front: &mut Frontend<'_, '_>,
    at: &At<'_>,
    status: u16,
    condition: &Condition,
    source: Option<&Source>,
) {
    if condition.is_never() {
        return;
    }
    let told = at.host.server.scope.error_documents.iter().rev().find(|told| told.status == status);
    let document = told.and_then(|told| document(front, at.host, told));
    let of_frontend = front.documents.get(&status).cloned();
    let action = match document {
        _ if document == of_frontend && STATUSES.contains(&status) => format!("deny deny_status {status}"),
        Some(Document::Text(text)) => {
            format!("return status {status} content-type text/html string {}", word(&text))
        }
        Some(Document::File(path, kind)) => {
            format!("return status {status} content-type {kind} file {}", word(&path))
        }
        Some(Document::Redirect(url)) => format!("redirect location {} code 302", word(&literal(&url))),
        None => format!("return status {status} content-type text/html string {status}"),
    };
    let line = format!("http-request {action}{}", condition.suffix());
    front.request.add_or_note(source, "What is not proxied would be a file to Apache.", line);
}
