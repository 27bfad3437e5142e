//! What the reasons of the gate and of reading mean. Their names are made where they arise; a test holds these tables against
//! all that there are.

/// Why an approval is not accepted: the reason of the condition Approved, and the label of `cloudspec_approvals_total`.
pub const OF_THE_GATE: &[(&str, &str)] = &[
    (
        "NoPlanOnOffer",
        "There was no plan on offer when it was given. Wait for one, read it, and approve again.",
    ),
    ("BeingDeleted", "The object is being deleted; nothing is approved any more."),
    (
        "InManifest",
        "`approved` stands in a manifest that is applied again and again. An approval is an act of a person on one plan: take it out of the file, and use kubectl annotate or kubectl cloudspec approve.",
    ),
    (
        "AppliedWithSpec",
        "`approved` was set by the same server-side apply as spec. Set it by itself, with kubectl annotate or kubectl cloudspec approve.",
    ),
    ("ValueInvalid", "The value is neither `true`, `false` nor the digest of the plan on offer."),
    (
        "NotStamped",
        "The API server did not stamp who approved, on which plan and offer. Install the admission policies; on Kubernetes before 1.36 use kubectl cloudspec approve.",
    ),
    (
        "OtherPlan",
        "Another plan was on offer when it was given. Read the plan that is on offer now, and approve that.",
    ),
    (
        "ApprovalExpired",
        "It was given on an older offer, or the offer is older than spec.approval.expiresAfter. Approve the offer that stands now.",
    ),
    (
        "OfferNeverMade",
        "The stamp names an offer that was never made. Nobody but the API server should write stamps.",
    ),
    ("SpecChanged", "The spec was changed after the plan was made. Wait for the plan that follows from it."),
    ("OtherOwner", "The plan belongs to another object, or to an earlier one of the same name."),
    ("OtherCloud", "The plan is for another cloud or region than the one that is observed now."),
    ("AlreadyDecided", "A decision on this plan stands already; an approval counts once."),
    (
        "ApproverIsAuthor",
        "The approver last changed the spec, and spec.approval.separateAuthor asks for another person.",
    ),
    (
        "AuthorNotTold",
        "Who last changed the spec is not stamped, and spec.approval.separateAuthor needs to know it.",
    ),
    (
        "DigestRequired",
        "For this plan spec.approval.requireDigest asks for its digest: approved=sha256:…, as it stands in status.plan.digest.",
    ),
    (
        "ApproverMayNot",
        "The approver lacks the verb `approve` on this object at this moment. Ask who grants roles.",
    ),
    ("ApproverNotTold", "Whether the approver may approve could not be asked. It is asked again."),
    (
        "BeyondLimits",
        "The plan has more steps than spec.limits allows. Raise the limits, or correct a part by hand.",
    ),
    ("NoApplyCredential", "spec.cloud.apply is absent: this object only reports."),
    ("WorldChanged", "The cloud has changed since the plan was made. Read the new plan, and approve that."),
    ("WorldNotTold", "The cloud cannot be seen now, so nobody knows whether the plan still holds. It waits."),
    ("PlanTooYoung", "The plan is younger than spec.approval.minPlanAge: nobody can have read it. It waits."),
    (
        "Suspended",
        "spec.suspend is true: nothing is applied. Approve again when it is false, for that is another spec.",
    ),
    ("GateNotEnforced", "The API server does not guard approvals. Install the admission policies. It waits."),
];

/// Why something could not be seen: the reason of the condition Observed.
pub const OF_READING: &[(&str, &str)] = &[
    (
        "Unreachable",
        "No connection to the service, or it broke. Look at the network, the address and the service.",
    ),
    ("Timeout", "The service did not answer in time, or not with all of it."),
    (
        "TlsFailed",
        "TLS failed: most often a private CA that is not in the Secret's `cacert`, or an expired certificate.",
    ),
    ("CredentialRefused", "Keystone refused the credential. Renew it in the Secret."),
    (
        "Unauthorized",
        "A service refused a token that Keystone had just given. Look at that service's own credential.",
    ),
    ("Forbidden", "The credential may not read this. Give it the role that the message names."),
    (
        "RateLimited",
        "The service asked for fewer requests, also after waiting. A longer spec.interval helps.",
    ),
    ("ServerError", "The service failed. Its log has the request id."),
    (
        "NotFound",
        "The service has no such listing. Look at its endpoint in the catalogue, and at its version.",
    ),
    ("Rejected", "The service refused the request in another way; the message says what it answered."),
    ("TooLarge", "More rows, pages or bytes came than are read. Nothing of it is believed."),
    (
        "RepeatedMarker",
        "The next page was one that had been read: the listing would not end. Nothing of it is believed.",
    ),
    (
        "ForeignNext",
        "The next page is on another server. It is not followed; look at the service's own address.",
    ),
    ("Truncated", "The service said that it left rows out. Nothing of the listing is believed."),
    ("Unparsable", "The answer is not what the service documents: often a proxy's error page."),
    (
        "ReachNotProven",
        "It was not shown that the credential sees every project, and an empty listing would prove nothing. The message names the role that is missing.",
    ),
    ("NoEndpoint", "The catalogue has no usable endpoint of the service in this region and interface."),
    (
        "NotAsked",
        "The listing was not asked for, though something needed it. That is a fault of the controller: report it.",
    ),
    ("CredentialInvalid", "The Secret's clouds.yaml cannot be used; the message says why."),
    ("SecretNotFound", "The Secret that the spec names is not there. Create it in the same namespace."),
    ("SecretForbidden", "The controller may not read the Secret. Give its service account the role for it."),
    ("SecretNotRead", "The Secret could not be read. It is tried again."),
    (
        "CloudSpecNotFound",
        "The CloudSpec that spec.cloudRef names is not there. Create it in the same namespace.",
    ),
    ("CloudSpecNotRead", "The CloudSpec could not be read. It is tried again."),
    (
        "HandshakeFailed",
        "The server was reached and speaks neither TLS 1.2 nor 1.3, or something else altogether. Nothing is said of its certificate.",
    ),
    (
        "NotACertificate",
        "What is there is not a certificate that can be read. Look at the key that spec.certificates names, or at the server.",
    ),
    ("KeyNotFound", "The Secret or ConfigMap has no such key. Give one that it has, such as tls.crt."),
    ("ConfigMapNotFound", "The ConfigMap that the spec names is not there. Create it in the same namespace."),
    (
        "ConfigMapForbidden",
        "The controller may not read the ConfigMap. Give its service account the role for it.",
    ),
    ("ConfigMapNotRead", "The ConfigMap could not be read. It is tried again."),
    (
        "NeedsCluster",
        "A certificate in a Secret or ConfigMap is looked at by the controller only. Apply the CloudSpec to a cluster.",
    ),
    (
        "SignatureNotUnderstood",
        "A signature between the certificate and the given authority is of a kind that is not understood here. Look at the chain yourself.",
    ),
];

/// Why a tenant does not leave: the reason of the condition Admitted of a TenantOffboard, in the order of the checks.
pub const OF_LEAVING: &[(&str, &str)] = &[
    ("IdMalformed", "spec.tenant.id is no id of Keystone's: 32 hex digits in lower case."),
    ("TenantNotTold", "Keystone did not tell of the project. The message says why; it is asked again."),
    ("NoSuchTenant", "Keystone has no project of this id. See that spec.tenant.id is right."),
    ("NameDiffers", "The project of this id has another name. Look whether it is the one that is to leave."),
    (
        "DomainDiffers",
        "The project of this id is in another domain. Look whether it is the one that is to leave.",
    ),
    ("ProtectedDomain", "No project of the domain leaves: it is built in, or the controller was started so."),
    ("ProtectedProject", "The project never leaves: it is built in, or the controller was started so."),
    ("ActsAsDomain", "The project acts as a domain, and is no tenant."),
    ("HasChildren", "Projects are below it. They leave first, each by a TenantOffboard of its own."),
    (
        "Immutable",
        "The project is immutable. Whoever made it so takes that back; it is never done from here.",
    ),
    ("OwnProject", "A credential in use is scoped to this project. Use one that is scoped to another."),
    ("OwnsServiceResources", "A service keeps its own things in the project. It is no tenant."),
    (
        "ListedByCloudSpec",
        "A CloudSpec declares the project, or a security group of it. Take it out there first.",
    ),
    ("ProjectStays", "The project itself goes only where spec.deleteProject is true."),
    ("CatalogueNotTold", "Which services the cloud has could not be told; it is asked again."),
    (
        "TypeNotTold",
        "A type of resource could not be listed, and so nothing is planned. The message has the remedy.",
    ),
    ("QuotaNotTold", "Limits could not be read, and so could not be put back. The message has the remedy."),
    (
        "Uncovered",
        "A service or extension may hold something of the tenant, and nothing here looks into it. Look yourself, then name it in spec.acceptUncovered.",
    ),
    (
        "KeptNotFound",
        "spec.keep names an id that is not the tenant's: were it mistyped, the resource would go.",
    ),
    ("StillHolds", "The project goes only when it holds nothing more."),
    ("TooLarge", "The plan does not fit into one ChangePlan. Remove a part by other means first."),
];
