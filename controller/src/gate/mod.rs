//! Floor 3: plan × approval × rules × facts → an approved plan, or the reasons why not.

pub mod approval;
