//! ACLs, rulesets and actions.
