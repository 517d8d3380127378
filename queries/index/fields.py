"""What is taken out of a record, and what each of it is called in the expressions of columns.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

import re
from typing import Any

RECORD: dict[str, Any] = {
    "eventTime": "VARCHAR",
    "eventID": "VARCHAR",
    "eventSource": "VARCHAR",
    "eventName": "VARCHAR",
    "awsRegion": "VARCHAR",
    "sourceIPAddress": "VARCHAR",
    "userAgent": "VARCHAR",
    "errorCode": "VARCHAR",
    "errorMessage": "VARCHAR",
    "requestID": "VARCHAR",
    "readOnly": "VARCHAR",
    "eventType": "VARCHAR",
    "eventCategory": "VARCHAR",
    "recipientAccountId": "VARCHAR",
    "sharedEventID": "VARCHAR",
    "addendum": "JSON",
    "additionalEventData": {"MFAUsed": "VARCHAR"},
    "userIdentity": {
        "type": "VARCHAR",
        "principalId": "VARCHAR",
        "arn": "VARCHAR",
        "accountId": "VARCHAR",
        "accessKeyId": "VARCHAR",
        "userName": "VARCHAR",
        "invokedBy": "VARCHAR",
        "identityProvider": "VARCHAR",
        "onBehalfOf": {"userId": "VARCHAR"},
        "sessionContext": {
            "sessionIssuer": {"arn": "VARCHAR"},
            "attributes": {"creationDate": "VARCHAR", "mfaAuthenticated": "VARCHAR"},
            "sourceIdentity": "VARCHAR",
            "webIdFederationData": {"federatedProvider": "VARCHAR"},
        },
    },
    "requestParameters": "JSON",
    "responseElements": "JSON",
    "serviceEventDetails": "JSON",
    "resources": [{"ARN": "VARCHAR"}],
}
"""What is taken of a record, in one parse of the whole document. JSON is the text of a member."""

REQUEST: dict[str, Any] = {
    "registryId": "VARCHAR",
    "repositoryName": "VARCHAR",
    "imageTag": "VARCHAR",
    "imageDigest": "VARCHAR",
    "imageManifest": "VARCHAR",
    "imageIds": [{"imageTag": "VARCHAR", "imageDigest": "VARCHAR"}],
    "layerDigest": "VARCHAR",
    "layerDigests": ["VARCHAR"],
    "roleArn": "VARCHAR",
    "roleSessionName": "VARCHAR",
    "userName": "VARCHAR",
    "roleName": "VARCHAR",
    "functionName": "VARCHAR",
    "bucketName": "VARCHAR",
    "taskDefinition": "VARCHAR",
    "family": "VARCHAR",
    "secretId": "VARCHAR",
    "name": "VARCHAR",
}
RESPONSE: dict[str, Any] = {
    "image": {
        "registryId": "VARCHAR",
        "repositoryName": "VARCHAR",
        "imageId": {"imageDigest": "VARCHAR", "imageTag": "VARCHAR"},
        "imageManifest": "VARCHAR",
    },
    "repository": {"repositoryName": "VARCHAR"},
    "credentials": {"accessKeyId": "VARCHAR"},
    "credentialSet": [
        {"assumedRoleUser": {"arn": "VARCHAR"}, "credentials": {"accessKeyId": "VARCHAR"}}
    ],
    "subjectArn": "VARCHAR",
    "assumedRoleUser": {"arn": "VARCHAR"},
    "federatedUser": {"arn": "VARCHAR"},
    "ConsoleLogin": "VARCHAR",
}

MAPPED: dict[str, Any] = {
    "provider": "VARCHAR",
    "plainName": "VARCHAR",
    "action": "VARCHAR",
    "outcome": "VARCHAR",
    "registryId": "VARCHAR",
    "repository": "VARCHAR",
    "repositoryName": "VARCHAR",
    "tag": "VARCHAR",
    "digest": "VARCHAR",
    "manifest": "VARCHAR",
    "layer": "VARCHAR",
    "target": "VARCHAR",
    "via": "VARCHAR",
    "madeBy": "VARCHAR",
    "issuedKey": "VARCHAR",
    "issuedTo": "VARCHAR",
    "delegation": "JSON",
    "deployment": "JSON",
    "creation": "JSON",
}
"""What a provider says of a record beside CloudTrail's fields (`queries.providers.event.Event`)."""
MAPPED_FIELDS: dict[str, str] = {
    f"m_{re.sub('([A-Z])', lambda m: '_' + m[1].lower(), name)}": f"r.mapped.{name}"
    for name in MAPPED
}
"""As FIELDS: m_registry_id is where `registryId` goes."""

FIELDS: dict[str, str] = {
    "event_time_text": "r.eventTime",
    "event_id": "r.eventID",
    "event_source": "r.eventSource",
    "event_name": "r.eventName",
    "aws_region": "r.awsRegion",
    "source_ip_address": "r.sourceIPAddress",
    "user_agent": "r.userAgent",
    "error_code": "r.errorCode",
    "error_message": "r.errorMessage",
    "request_id": "r.requestID",
    "read_only": "r.readOnly",
    "event_type": "r.eventType",
    "event_category": "r.eventCategory",
    "recipient_account_id": "r.recipientAccountId",
    "shared_event_id": "r.sharedEventID",
    "addendum": "r.addendum",
    "original_event_id": "json_extract_string(r.addendum, '$.originalEventID')",
    # who
    "identity_type": "r.userIdentity.type",
    "principal_id": "r.userIdentity.principalId",
    "arn": "r.userIdentity.arn",
    "account_id": "r.userIdentity.accountId",
    "access_key_id": "r.userIdentity.accessKeyId",
    "user_name": "r.userIdentity.userName",
    "invoked_by": "r.userIdentity.invokedBy",
    "identity_provider": "r.userIdentity.identityProvider",
    "on_behalf_of": "r.userIdentity.onBehalfOf.userId",
    "issuer_arn": "r.userIdentity.sessionContext.sessionIssuer.arn",
    "session_created_text": "r.userIdentity.sessionContext.attributes.creationDate",
    "mfa": "r.userIdentity.sessionContext.attributes.mfaAuthenticated",
    "mfa_used": "r.additionalEventData.MFAUsed",
    "source_identity": "r.userIdentity.sessionContext.sourceIdentity",
    "web_identity_provider": "r.userIdentity.sessionContext.webIdFederationData.federatedProvider",
    # what
    "q_registry_id": "q.registryId",
    "q_repository": "q.repositoryName",
    "q_tag": "q.imageTag",
    "q_digest": "q.imageDigest",
    "q_manifest": "q.imageManifest",
    "q_image_tag": "q.imageIds[1].imageTag",
    "q_image_digest": "q.imageIds[1].imageDigest",
    "q_layer": "q.layerDigest",
    "q_first_layer": "q.layerDigests[1]",
    "q_role_arn": "q.roleArn",
    "q_session": "q.roleSessionName",
    "q_user": "q.userName",
    "q_role": "q.roleName",
    "q_function": "q.functionName",
    "q_bucket": "q.bucketName",
    "q_task": "q.taskDefinition",
    "q_family": "q.family",
    "q_secret": "q.secretId",
    "q_name": "q.name",
    "request_parameters": "r.requestParameters",
    "r_registry_id": "a.image.registryId",
    "r_repository": "a.image.repositoryName",
    "r_repository_created": "a.repository.repositoryName",
    "r_digest": "a.image.imageId.imageDigest",
    "r_tag": "a.image.imageId.imageTag",
    "r_manifest": "a.image.imageManifest",
    "issued_access_key_id": "a.credentials.accessKeyId",
    "issued_arn": "a.assumedRoleUser.arn",
    "issued_user_arn": "a.federatedUser.arn",
    "r_set_key": "a.credentialSet[1].credentials.accessKeyId",
    "r_set_arn": "a.credentialSet[1].assumedRoleUser.arn",
    "r_subject": "a.subjectArn",
    "r_login": "a.ConsoleLogin",
    "response_elements": "r.responseElements",
    "service_event_details": "r.serviceEventDetails",
    "s_repository": "json_extract_string(r.serviceEventDetails, '$.repositoryName')",
    "s_digest": "json_extract_string(r.serviceEventDetails, '$.imageDigest')",
    "s_tag": "json_extract_string(r.serviceEventDetails, '$.imageTag')",
    "resource_arn": "r.resources[1].ARN",
    "second_arn": "r.resources[2].ARN",
    "third_arn": "r.resources[3].ARN",
}
"""Field -> where it is in the record `r`, its request `q` or the answer `a`."""
