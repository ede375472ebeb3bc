#include "GeFaceSourceSettings.h"

#include "GeFaceCore/Connection.h"
#include "GeFaceCore/Messages.h"
#include "GeFaceSourceFactory.h"
#include "GeFaceText.h"

static_assert(static_cast<int>(EGeFaceRole::Animation) == static_cast<int>(geface::Role::Animation), "same order");
static_assert(static_cast<int>(EGeFaceCurves::Both) == static_cast<int>(geface::Curves::Both), "same order");
static_assert(static_cast<int>(EGeFaceCalibration::Clear) == static_cast<int>(geface::CalibrationKind::Clear),
    "same order");

void UGeFaceSourceSettings::CalibrateNeutral()
{
    OnCalibrate.ExecuteIfBound(EGeFaceCalibration::Neutral);
}

void UGeFaceSourceSettings::ClearCalibration()
{
    OnCalibrate.ExecuteIfBound(EGeFaceCalibration::Clear);
}

void UGeFaceSourceSettings::Show(const geface::Connection& Connection)
{
    Url = GeFace::FromUtf8(Connection.url);
    SubjectPrefix = GeFace::FromUtf8(Connection.subject_prefix);
    Role = static_cast<EGeFaceRole>(Connection.role);
    Curves = static_cast<EGeFaceCurves>(Connection.curves);
    Profile = GeFace::FromUtf8(Connection.profile);
    DelayMs = static_cast<float>(1000.0 * Connection.delay_s);
    ConnectionString = GeFace::FromUtf8(geface::ConnectionText(Connection));
    Factory = UGeFaceSourceFactory::StaticClass();
}

void UGeFaceSourceSettings::Take(geface::Connection& Connection) const
{
    Connection.subject_prefix = GeFace::ToUtf8(SubjectPrefix);
    Connection.role = static_cast<geface::Role>(Role);
    Connection.curves = static_cast<geface::Curves>(Curves);
    Connection.profile = GeFace::ToUtf8(Profile);
    Connection.delay_s = static_cast<double>(DelayMs) / 1000.0;
}
