//! Samples as they are written (Prometheus's text format, "exposition formats").

use std::io::Write;

use super::Metric;
use crate::typed::Value;

/// Writes the samples of one metric; its heading comes with the first of them.
pub(super) struct Series<'a> {
    metric: &'a Metric,
    has_heading: &'a mut bool,
    out: &'a mut Vec<u8>,
}

impl<'a> Series<'a> {
    /// The samples of `metric`, whose heading may have been written.
    pub(super) fn new(metric: &'a Metric, has_heading: &'a mut bool, out: &'a mut Vec<u8>) -> Self {
        Series { metric, has_heading, out }
    }

    /// Bytes written so far.
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// A sample.
    pub(super) fn push(&mut self, labels: &[(&str, &str)], value: Option<&Value>) {
        self.begin(labels);
        match value {
            None | Some(Value::Str(_)) => self.out.extend_from_slice(b"NaN"),
            // Writing to a Vec cannot fail.
            Some(Value::Flt(number)) => drop(write!(self.out, "{number:.6}")),
            Some(value @ (Value::U32(_) | Value::S32(_) | Value::U64(_))) => value.write(self.out),
        }
        self.out.push(b'\n');
    }

    /// A sample that counts.
    pub(super) fn push_count(&mut self, labels: &[(&str, &str)], count: u64) {
        self.push(labels, Some(&Value::U64(count)));
    }

    /// A sample for each state, with 1 for the one that is.
    pub(super) fn push_states<'s>(
        &mut self,
        labels: &[(&'s str, &'s str)],
        states: &[&'s str],
        is: impl Fn(&str) -> u64,
    ) {
        let mut with_state = labels.to_vec();
        for state in states {
            with_state.push(("state", state));
            self.push_count(&with_state, is(state));
            with_state.pop();
        }
    }

    fn begin(&mut self, labels: &[(&str, &str)]) {
        let Metric { name, kind, brief, .. } = self.metric;
        if !std::mem::replace(self.has_heading, true) {
            let _ = write!(self.out, "# HELP {name} {brief}\n# TYPE {name} {}\n", kind.name());
        }
        self.out.extend_from_slice(name.as_bytes());
        for (at, (label, value)) in labels.iter().enumerate() {
            self.out.push(if at == 0 { b'{' } else { b',' });
            self.out.extend_from_slice(label.as_bytes());
            self.out.extend_from_slice(b"=\"");
            push_escaped(value, self.out);
            self.out.push(b'"');
        }
        self.out.extend_from_slice(if labels.is_empty() { b" " } else { b"} " });
    }
}

/// A label's value: backslashes, quotation marks and line feeds are escaped.
fn push_escaped(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'"' => out.extend_from_slice(b"\\\""),
            b'\n' => out.extend_from_slice(b"\\n"),
            byte => out.push(byte),
        }
    }
}
