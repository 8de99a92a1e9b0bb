//! Reads lines for a proxy, one after the other: those of its own section, or those of another kind of section that are
//! written as a proxy's are and are kept by a proxy made for the purpose.

use diag::Span;
use keyword::Sections;
use rules::Words;
use sample::Problem;
use syntax::Line;

use crate::context::{Context, Pass, Polarity, ProxyParse, ProxyScratch};
use crate::model::{Global, ProxyConfig};

/// A proxy and what all its lines share.
pub(crate) struct ProxyReader<'r> {
    /// What is filled.
    pub(crate) proxy: &'r mut ProxyConfig,
    /// What is kept between the lines.
    pub(crate) scratch: ProxyScratch,
    /// Shared things.
    pub(crate) cx: Context<'r>,
    /// The process-wide settings.
    global: &'r Global,
    /// The kind of section that the lines are read as.
    pub(crate) section: Sections,
}

impl<'r> ProxyReader<'r> {
    /// For the lines of `proxy`, read as those of `section`.
    pub(crate) fn new(
        section: Sections,
        proxy: &'r mut ProxyConfig,
        global: &'r Global,
        cx: Context<'r>,
    ) -> Self {
        ProxyReader { proxy, scratch: ProxyScratch::default(), cx, global, section }
    }

    /// What a line is read with whose keyword stands at `span`.
    pub(crate) fn at(&mut self, pass: Pass, span: Span) -> ProxyParse<'_> {
        ProxyParse {
            proxy: self.proxy,
            scratch: &mut self.scratch,
            global: self.global,
            cx: self.cx.reborrow(),
            section: self.section,
            pass,
            polarity: Polarity::Set,
            span,
        }
    }

    /// Reads a line with `parse`, which finds the cursor at the line's first word; a problem is reported.
    pub(crate) fn read(
        &mut self,
        line: &Line,
        pass: Pass,
        parse: impl FnOnce(&mut Words<'_>, &mut ProxyParse<'_>) -> Result<(), Problem>,
    ) {
        let read = parse(&mut Words::new(line, 0), &mut self.at(pass, line.words[0].span));
        if let Err(problem) = read {
            self.cx.report(problem);
        }
    }
}
