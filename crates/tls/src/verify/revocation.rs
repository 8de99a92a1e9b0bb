//! Whether certificates of a chain are revoked (RFC 5280 section 6.3, as OpenSSL does it with `CRL_CHECK_ALL`).

use super::VerifyCode;
use super::crl::{ALL_REASONS, List, View};
use super::member::CRL_SIGN;
use super::policy::{Run, Stop};

/// How well a list suits a certificate; better ones are larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    has_known_extensions: bool,
    is_in_scope: bool,
    is_in_force: bool,
    /// The certificate's issuer made it, not another one of that name higher up.
    is_from_issuer: bool,
}

/// The list that speaks of a certificate.
#[derive(Clone, Copy)]
struct Choice<'a> {
    list: &'a List,
    view: View<'a>,
    score: Score,
    /// Where its maker stands in the chain.
    maker: usize,
    /// For which reasons it speaks; none if the certificate is out of its scope.
    reasons: u16,
}

impl<'a> Run<'a> {
    /// Looks every certificate of the chain up.
    pub(super) fn check_revocation(&mut self) -> Result<(), Stop> {
        if self.policy.crls.is_none() {
            return Ok(());
        }
        (0..self.chain.len()).try_for_each(|depth| self.check_revoked(depth))
    }

    /// Looks the one at `depth` up.
    fn check_revoked(&mut self, depth: usize) -> Result<(), Stop> {
        if self.chain[depth].is_proxy {
            return Ok(());
        }
        let mut reasons = 0;
        while reasons != ALL_REASONS {
            let Some(choice) = self.choose_list(depth, reasons) else {
                return self.fail(depth, VerifyCode::UNABLE_TO_GET_CRL);
            };
            self.check_list(depth, &choice)?;
            let has_unknown = choice.list.has_unknown_critical(&choice.view);
            self.fail_if(has_unknown, depth, VerifyCode::UNHANDLED_CRITICAL_CRL_EXTENSION)?;
            let is_revoked = choice.list.revokes(self.chain[depth].cert.raw_serial());
            self.fail_if(is_revoked, depth, VerifyCode::CERT_REVOKED)?;
            if reasons | choice.reasons == reasons {
                return self.fail(depth, VerifyCode::UNABLE_TO_GET_CRL);
            }
            reasons |= choice.reasons;
        }
        Ok(())
    }

    /// The best list about the one at `depth`; of equal ones the newest.
    fn choose_list(&self, depth: usize, reasons: u16) -> Option<Choice<'a>> {
        let issuer = &self.chain[depth].issuer;
        let given = self.policy.crls.iter().flat_map(|lists| lists.of(issuer));
        let mut best: Option<Choice<'a>> = None;
        for list in given.chain(self.policy.trust.lists().of(issuer)) {
            let Some(choice) = self.judge(depth, list, reasons) else { continue };
            let is_better = best.as_ref().is_none_or(|best| {
                choice.score > best.score
                    || (choice.score == best.score && choice.view.last_update > best.view.last_update)
            });
            if is_better {
                best = Some(choice);
            }
        }
        best
    }

    /// What a list is worth for the one at `depth`; `None` if it does not come into question.
    fn judge(&self, depth: usize, list: &'a List, reasons: u16) -> Option<Choice<'a>> {
        let view = list.view();
        let above = (depth + 1).min(self.chain.len() - 1);
        let maker = (above..self.chain.len()).find(|&at| view.may_be_from(&self.chain[at]))?;
        if !view.is_usable() {
            return None;
        }
        let in_scope = view.scope.reasons_for(&self.chain[depth]);
        if in_scope.is_some_and(|found| found & !reasons == 0) {
            return None;
        }
        let score = Score {
            has_known_extensions: !list.has_unknown_critical(&view),
            is_in_scope: in_scope.is_some(),
            is_in_force: view.is_valid_at(self.now),
            is_from_issuer: maker == above,
        };
        Some(Choice { list, view, score, maker, reasons: in_scope.unwrap_or(0) })
    }

    /// Whether a list can be relied on.
    fn check_list(&mut self, depth: usize, choice: &Choice<'_>) -> Result<(), Stop> {
        let may_sign = self.chain[choice.maker].key_usage.is_none_or(|usage| usage & CRL_SIGN != 0);
        self.fail_if(!may_sign, depth, VerifyCode::KEYUSAGE_NO_CRL_SIGN)?;
        self.fail_if(!choice.score.is_in_scope, depth, VerifyCode::DIFFERENT_CRL_SCOPE)?;
        match choice.view.last_update {
            None => self.fail(depth, VerifyCode::ERROR_IN_CRL_LAST_UPDATE_FIELD)?,
            Some(last) => self.fail_if(self.now < last, depth, VerifyCode::CRL_NOT_YET_VALID)?,
        }
        match choice.view.next_update {
            Some(None) => self.fail(depth, VerifyCode::ERROR_IN_CRL_NEXT_UPDATE_FIELD)?,
            Some(Some(next)) => self.fail_if(self.now > next, depth, VerifyCode::CRL_HAS_EXPIRED)?,
            None => {}
        }
        let is_good = choice.list.is_signed_by(&self.chain[choice.maker]);
        self.fail_if(!is_good, depth, VerifyCode::CRL_SIGNATURE_FAILURE)
    }
}
