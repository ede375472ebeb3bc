// What Unreal's headers leave lying about when the core's files are compiled in one go, as its
// build tool does ("unity build"): GeFaceCoreModule.cpp brings the engine's macros in among them.
// Names and shapes as in the engine, with nothing behind them.
#pragma once

#define check(expression) ((void)0)
#define checkf(expression, ...) ((void)0)
#define checkSlow(expression) ((void)0)
#define verify(expression) ((void)(expression))
#define verifyf(expression, ...) ((void)(expression))
#define ensure(expression) (!!(expression))
#define ensureMsgf(expression, ...) (!!(expression))
#define unimplemented() ((void)0)
#define PI (3.1415926535897932f)
#define HALF_PI (1.57079632679f)
#define SMALL_NUMBER (1.e-8f)
#define KINDA_SMALL_NUMBER (1.e-4f)
#define BIG_NUMBER (3.4e+38f)
#define MAX_uint8 ((unsigned char)0xff)
#define INDEX_NONE (-1)
#undef TEXT
#define TEXT_PASTE(text) u##text
#define TEXT(text) TEXT_PASTE(text)
#define LOCTEXT(key, text) text
#undef FORCEINLINE
#define FORCEINLINE inline
#define UE_LOG(...) ((void)0)
// Of the Windows headers, which some engine headers bring along; where they are real they bring
// their own.
#ifndef _WINDOWS_
#define small char
#define near
#define far
#define interface struct
#define IN
#define OUT
#define ERROR 0
#define DELETE 0x00010000L
#define Yield() ((void)0)
#define GetMessage GetMessageW
#define SendMessage SendMessageW
#endif
